// Puts the page together from its parts as the program does, with sample data, and serves it with
// its API on 127.0.0.1. So the page can be worked on and tested without the program.
//
//   node tests/ui/assemble.mjs [--port 8080] [--count 10000] [--state troubled|healthy|empty]
//                              [--refresh 60] [--static] [--out DIRECTORY]
//
// --static makes a page that does not poll; --out writes index.html and api/ and serves nothing.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { makeSample } from './sample.mjs';

const HOME = join(dirname(fileURLToPath(import.meta.url)), '../../src/report/dashboard');
const POLICY = "frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

const SCRIPTS = ['elements', 'summary', 'findings', 'code', 'plots', 'figures', 'search', 'start'];

const part = (name) => readFileSync(join(HOME, name), 'utf8');
const unpacked = (name) => gunzipSync(readFileSync(join(HOME, name))).toString('utf8');

/** The page as the program makes it: one pass, so that no part is searched for placeholders. */
export function assemble(overview) {
  const parts = {
    STYLE: part('style.css'),
    LIBRARY: `${unpacked('vendor/d3.min.js.gz')}\n;\n${unpacked('vendor/plot.umd.min.js.gz')}`,
    SCRIPT: SCRIPTS.map((name) => part(`app/${name}.js`)).join(''),
    DATA: JSON.stringify(overview).replaceAll('<', '\\u003c'),
  };
  const hash = (script) => `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  parts.HASHES = [parts.SCRIPT, parts.LIBRARY].map(hash).join(' ');
  return part('page.html').replace(/\{\{(STYLE|LIBRARY|SCRIPT|HASHES|DATA)\}\}/g, (_, name) => parts[name]);
}

/** Serves one sample; resolves to its address and a function that stops it. */
export function serve(options = {}) {
  const sample = makeSample(options);
  const identities = JSON.stringify(sample.identities);
  // The time moves on with every answer, as it does with the real server.
  const fresh = () => ({ ...sample.overview, at: `${new Date().toISOString().slice(0, 19)}Z` });
  const answers = {
    '/': () => ['text/html; charset=utf-8', assemble(fresh())],
    '/api/overview.json': () => ['application/json', JSON.stringify(fresh())],
    '/api/identities.json': () => ['application/json', identities],
  };
  const server = createServer((request, response) => {
    const answer = answers[request.url.split('?')[0]];
    if (answer === undefined) return response.writeHead(404, { 'content-type': 'text/plain' }).end('not here\n');
    const [type, body] = answer();
    return response.writeHead(200, { 'content-type': type, 'content-security-policy': POLICY, 'cache-control': 'no-store' }).end(body);
  });
  return new Promise((resolve) => {
    server.listen(options.port ?? 0, '127.0.0.1', () => {
      resolve({ url: `http://127.0.0.1:${server.address().port}/`, stop: () => server.close() });
    });
  });
}

/** Writes the page and its API as files. */
export function exportTo(directory, options = {}) {
  const { overview, identities } = makeSample({ ...options, live: false });
  mkdirSync(join(directory, 'api'), { recursive: true });
  writeFileSync(join(directory, 'index.html'), assemble(overview));
  writeFileSync(join(directory, 'api/overview.json'), JSON.stringify(overview));
  writeFileSync(join(directory, 'api/identities.json'), JSON.stringify(identities));
}

function options(words) {
  const value = (name, otherwise) => (words.includes(name) ? words[words.indexOf(name) + 1] : otherwise);
  return {
    port: Number(value('--port', 0)),
    count: Number(value('--count', 10_000)),
    state: value('--state', 'troubled'),
    refresh: Number(value('--refresh', 60)),
    live: !words.includes('--static'),
    out: value('--out', null),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const given = options(process.argv.slice(2));
  if (given.out !== null) exportTo(given.out, given);
  else console.log((await serve(given)).url);
}
