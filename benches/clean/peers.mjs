// Runs @mozilla/readability over a file of pages, a JSON object a line, and prints its answers the same way.
//
// node peers.mjs MODULES NAME CORPUS SKIP PASSES, where MODULES is the folder that holds node_modules.

import { createReadStream } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [modules, name, corpus, skip, passes] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { Readability } = require("@mozilla/readability");

function parser() {
  if (name === "readability.js-linkedom") {
    const { parseHTML } = require("linkedom");
    return (html) => parseHTML(html).document;
  }
  const { JSDOM, VirtualConsole } = require("jsdom");
  // No scripts run, nothing is fetched, and complaints about style sheets go nowhere.
  const virtualConsole = new VirtualConsole();
  return (html, url) => new JSDOM(html, { url: url ?? "https://example.org/", virtualConsole }).window.document;
}

const parse = parser();

function timed(page) {
  const begin = process.cpuUsage();
  let answer;
  try {
    const found = new Readability(parse(page.html, page.url)).parse();
    answer = found?.textContent?.trim()
      ? {
          text: found.textContent,
          title: found.title,
          published: found.publishedTime,
          authors: found.byline ? [found.byline] : [],
          language: found.lang,
        }
      : { error: "empty" };
  } catch (error) {
    answer = { error: error.constructor.name };
  }
  const used = process.cpuUsage(begin);
  return { file: page.file, ...answer, seconds: (used.user + used.system) / 1e6 };
}

const pages = [];
let line = 0;
for await (const text of createInterface({ input: createReadStream(corpus) })) {
  if (line++ >= Number(skip)) pages.push(JSON.parse(text));
}
const loaded = process.resourceUsage().maxRSS;
timed({ html: "<html><body><article><p>It rained all day, and the river rose.</p></article></body></html>" });
for (const page of pages) console.log(JSON.stringify(timed(page)));
for (let pass = 0; pass < Number(passes); pass++) {
  console.log(JSON.stringify({ pass: pages.map((page) => timed(page).seconds) }));
}
console.log(JSON.stringify({ peak_kib: process.resourceUsage().maxRSS - loaded }));
