// Runs functions of the front end for tests/page: standard input is {front, sheets: {name: base64}, calls: [[name, ...arguments]]},
// standard output the list of what they return. An argument {sheet: name} is that sheet; "result" leaves out the draws.
import { readFileSync } from "node:fs";

const { front, sheets, calls } = JSON.parse(readFileSync(0, "utf8"));
const functions = await import(front);
const decoded = {};
for (const [name, text] of Object.entries(sheets)) decoded[name] = await functions.fromBase64(text);

const given = (value) => (value && typeof value === "object" && "sheet" in value ? decoded[value.sheet] : value);
const plain = (key, value) => (ArrayBuffer.isView(value) ? undefined : value);
const called = ([name, ...values]) => {
  try {
    return functions[name](...values.map(given)) ?? null;
  } catch (error) {
    return { thrown: String(error) };
  }
};
process.stdout.write(JSON.stringify(calls.map(called), plain));
