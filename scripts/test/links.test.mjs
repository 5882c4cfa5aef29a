import assert from "node:assert/strict";
import { test } from "node:test";
import { anchorsOf, checkLinks, deadLinks, linksOf, unreachedPages } from "../links.mjs";

test("links are found in prose, pictures, definitions and HTML, and not in code", () => {
  const text = [
    '[a](a.md), ![b](b.svg) and [c](c.md#d "title")',
    "| [`e`](e) | x |",
    "[f]: f.md",
    '<img src="g.svg">',
    "`[no](no.md)`",
    "```js\nx[0](no.md)\n```",
  ].join("\n");
  assert.deepEqual(linksOf(text), ["a.md", "b.svg", "c.md#d", "e", "f.md", "g.svg"]);
});

test("anchors are those that GitHub makes of headings", () => {
  const text = "# From ws to `@openline/ws`\n## HTTP/2, TLS\n## Twice\n## Twice\n## a [link](b.md)\n```sh\n# no heading\n```\n";
  assert.deepEqual([...anchorsOf(text)], ["from-ws-to-openlinews", "http2-tls", "twice", "twice-1", "a-link"]);
});

test("a link to a file or heading that is not there is told with its page, others are not", () => {
  const pages = new Map([
    [
      "README.md",
      "[x](docs/x.md#one) [y](docs/y.md) [z](docs/x.md#three) [site](https://a.example/) [mail](mailto:a@b.example) [own](#here)",
    ],
    ["docs/x.md", "# One\n[up](../README.md) [file](../src) [gone](../no.js)"],
  ]);
  const exists = (path) => ["README.md", "docs/x.md", "src"].includes(path);
  assert.deepEqual(deadLinks(pages, exists), [
    "README.md: docs/y.md leads to docs/y.md, which is not there",
    "README.md: docs/x.md#three names a heading that docs/x.md does not have",
    "README.md: #here names a heading that README.md does not have",
    "docs/x.md: ../no.js leads to no.js, which is not there",
  ]);
});

test("a page of docs/ that no chain of links from README.md leads to is told", () => {
  const pages = new Map([
    ["README.md", "[x](docs/x.md#one) [decisions](docs/why/)"],
    ["docs/x.md", "# One\n[y](y.md)"],
    ["docs/y.md", "[up](../README.md)"],
    ["docs/why/README.md", ""],
    ["docs/alone.md", "[y](y.md)"],
    ["CONTRIBUTING.md", ""],
  ]);
  assert.deepEqual(unreachedPages(pages), ["docs/alone.md: no link leads to it from README.md"]);
});

test("no link of this repository is dead, and every page of docs/ is found from README.md", () => {
  assert.deepEqual(checkLinks(), []);
});
