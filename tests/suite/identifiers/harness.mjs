// Calls an emitted module, which is 'ids.ts' in the working directory, for a test. Its types are taken out
// first, as a version of Node that knows none needs it.
import { readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const name =
  "(?:string|number|boolean|void|object|unknown|null|undefined|RegExp|Uint8Array|IdFormat|PairRule|ResolvedContext" +
  "|Maybe|Texts|Values|Given|Parts|Readings|Statistics|Formats|FormatTable|Table|Piece|Part|Made|IDPair\\w*" +
  "|Set<string>|Record<string, Made>)(?:\\[\\])*";
const type = `(?:readonly )?${name}(?: \\| ${name})*`;

function withoutTypes(text) {
  return text
    .replace(/^(export )?interface \w+ \{[^]*?^\}\n/gm, "")
    .replace(/^(export )?type .*;\n/gm, "")
    .replace(/^declare .*;\n/gm, "")
    .replace(/^( +)(private |readonly )+(?=\w+[:;(])/gm, "$1")
    .replace(/\btype \w+, /g, "")
    .replace(/\): piece is Part/g, ")")
    .replace(/( as unknown)? as \w+/g, "")
    .replace(new RegExp(`(?<=[\\w)])\\??: ${type}(?=\\s*[,;)={]|\\s*=>|$)`, "gm"), "");
}

for (const file of process.argv.slice(3)) {
  const text = withoutTypes(readFileSync(`${file}.ts`, "utf8")).replace(/from "\.\/(\w+)"/, 'from "./$1.mjs"');
  writeFileSync(`${file}.mjs`, text);
}
const camel = (text) => text.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());
const modules = process.argv.slice(3).map((file) => import(pathToFileURL(`${file}.mjs`).href));
const ids = Object.assign({}, ...(await Promise.all(modules)));

function answer(vector) {
  try {
    const values = vector.values === undefined ? [] : [vector.values];
    const result = ids[camel(vector.call)](...(vector.args ?? []), ...values);
    if (vector.frozen !== undefined) {
      result[vector.frozen] = "other";
    }
    return { result };
  } catch (error) {
    return { error: vector.frozen !== undefined && error instanceof TypeError ? "frozen" : error.message };
  }
}

const [mode, now] = process.argv[2].split("=");
const lines = readFileSync(0, "utf8").split("\n").slice(0, -1);
const answers = lines.map((line) => {
  const given = JSON.parse(line);
  if (mode === "read") {
    const valid = Object.keys(ids.FORMATS).filter((one) => ids.validate(one, given, null, Number(now)));
    return [ids.readings(given), valid.sort()];
  }
  if (mode === "mint") {
    const [format, values, count] = given;
    return [format, ids.batch(format, count, values)];
  }
  return answer(given);
});
process.stdout.write(answers.map((one) => `${JSON.stringify(one)}\n`).join(""));
