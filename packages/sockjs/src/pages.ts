import { createHash } from "node:crypto";

// Clients compare both pages byte by byte, but for the script's address.
const metas = `  <meta http-equiv="X-UA-Compatible" content="IE=edge" />
  <meta http-equiv="Content-Type" content="text/html; charset=UTF-8" />`;

const attribute = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");

/** A page that does not change, with its validator. */
export interface StaticPage {
  readonly body: string;
  readonly etag: string;
}

/** The page that old browsers open in an iframe; it loads the client from `clientUrl`. */
export function iframePage(clientUrl: string): StaticPage {
  const body = `<!DOCTYPE html>
<html>
<head>
${metas}
  <script src="${attribute(clientUrl)}"></script>
  <script>
    document.domain = document.domain;
    SockJS.bootstrap_iframe();
  </script>
</head>
<body>
  <h2>Don't panic!</h2>
  <p>This is a SockJS hidden iframe. It's used for cross domain magic.</p>
</body>
</html>`;
  return { body, etag: `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"` };
}

/** What the htmlfile transport begins with; browsers show a page only after 1 KiB. */
export function htmlfilePrelude(callback: string): string {
  const page = `<!doctype html>
<html><head>
${metas}
</head><body><h2>Don't panic!</h2>
  <script>
    document.domain = document.domain;
    var c = parent.${callback};
    c.start();
    function p(d) {c.message(d);};
    window.onload = function() {c.stop();};
  </script>`;
  return `${page.padEnd(1025)}\r\n\r\n`;
}
