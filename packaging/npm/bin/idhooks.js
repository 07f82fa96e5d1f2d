#!/usr/bin/env node
// Runs the program of the package for this machine, with the same arguments, input and output, and ends as it does:
// with its exit code, or by the signal that ended it. Without the package, the exit code is 127, as that of a shell
// that finds no program: the git hooks of idhooks then look for another one.
'use strict'

const { spawn } = require('node:child_process')
const { realpathSync } = require('node:fs')
const { constants } = require('node:os')
const { join, sep } = require('node:path')

const name = `@idhooks/${process.platform}-${process.arch}`
const file = process.platform === 'win32' ? 'idhooks.exe' : 'idhooks'

function fail(what, hint) {
  process.stderr.write(`error: ${what}\nhint: ${hint}\n`)
  process.exit(127)
}

// pnpm keeps a package in a folder with its version, which an update removes. The git hooks need a path that stays: the
// link that pnpm makes for packages that nobody names.
function lasting(path, each) {
  const store = `${sep}node_modules${sep}.pnpm${sep}`
  const at = path.lastIndexOf(store)
  if (at < 0) return path
  const link = join(path.slice(0, at + store.length), 'node_modules', ...each.split('/'), 'bin', file)
  try {
    return realpathSync(link) === path ? link : path
  } catch {
    return path
  }
}

// Both Linux packages have a program that needs no library; npm installs the one for the C library of the system.
function find() {
  for (const each of [name, `${name}-musl`]) {
    try {
      return lasting(require.resolve(`${each}/bin/${file}`), each)
    } catch (error) {
      if (error.code !== 'MODULE_NOT_FOUND') throw error
    }
  }
  const known = Object.keys(require('../package.json').optionalDependencies)
  if (!known.includes(name)) {
    fail(
      `idhooks has no package for ${process.platform} on ${process.arch}`,
      'build it with Rust: cargo install idhooks --locked',
    )
  }
  fail(
    `the package ${name}, which contains the program, is not installed`,
    'install idhooks again with optional dependencies, that is, without --omit=optional and --no-optional',
  )
}

const program = find()
let child

// Before the program is started, so that no signal ends this process only.
const handlers = new Map()
for (const signal of ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGBREAK']) {
  if (!(signal in constants.signals)) continue
  // A terminal sends these to the program, too.
  const isSent = ['SIGINT', 'SIGQUIT', 'SIGBREAK'].includes(signal) && process.stdin.isTTY
  handlers.set(signal, () => {
    if (!isSent) child.kill(signal)
  })
  process.on(signal, handlers.get(signal))
}

child = spawn(program, process.argv.slice(2), { stdio: 'inherit' })
child.on('error', (error) => fail(`cannot run '${program}': ${error.message}`, 'install idhooks again'))
child.on('exit', (code, signal) => {
  if (signal === null) process.exit(code)
  for (const [each, handler] of handlers) process.off(each, handler)
  process.kill(process.pid, signal)
  // If this process is not ended by it.
  setTimeout(() => process.exit(128 + constants.signals[signal]), 1000)
})
