// Loaded before configurable-http-proxy: a server gets only what begins with its own path, letter for letter.
//
// The proxy decides where to go by a path it has cleaned and decoded, and hands on another one. Whoever else reads the path on
// the way, a browser that chooses cookies or an edge with rules of its own, may understand it differently. No link of the
// platform is written so that this matters; what is, is refused.
//
// Nor does a server get what Cloudflare Access says of its visitor: that is the visitor's login, and for the hub alone.

import { ConfigurableProxy } from "configurable-http-proxy/lib/configproxy.js";
import { URLTrie } from "configurable-http-proxy/lib/trie.js";

const DOTS = /^(\.|%2e){1,2}$/i;
const HOST = /^[a-z0-9.-]+(:[0-9]+)?$|^\[[0-9a-f:.]+\](:[0-9]+)?$/i;
const ROUTED = 2; // "user" and a name; servers that a person named may have escapes in the name

function isPlain({ url, headers }) {
  const [path] = url.split(/[?#]/, 1);
  const [root, ...segments] = path.split("/");
  return (
    root === "" &&
    (segments.length === 1 || segments[0] !== "") &&
    !path.includes("\\") &&
    !segments.some((segment) => DOTS.test(segment)) &&
    !segments.slice(0, ROUTED).some((segment) => segment.includes("%")) &&
    isText(path) &&
    HOST.test(headers.host ?? "localhost")
  );
}

function isText(path) {
  try {
    return Boolean(decodeURIComponent(path));
  } catch {
    return false;
  }
}

function withhold({ url, headers }) {
  if (!url.startsWith("/user/")) return;
  for (const name of Object.keys(headers)) if (name.startsWith("cf-access-")) delete headers[name];
  if (headers.cookie === undefined) return;
  const kept = headers.cookie.split(/; */).filter((each) => !each.startsWith("CF_"));
  if (kept.length) headers.cookie = kept.join("; ");
  else delete headers.cookie;
}

const { handleProxy } = ConfigurableProxy.prototype;

ConfigurableProxy.prototype.handleProxy = function (kind, req, res) {
  if (isPlain(req)) {
    withhold(req);
    return handleProxy.apply(this, arguments);
  }
  this.log.warn("400 %s: not a plain path", req.method);
  const answer = "Bad Request";
  if (kind === "web") res.writeHead(400, { "Content-Type": "text/plain" }).end(answer);
  else res.end(`HTTP/1.1 400 ${answer}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
};

// Otherwise a path like /constructor finds what every object has, and ends in an error of the proxy.
const { add } = URLTrie.prototype;

URLTrie.prototype.add = function (path, data) {
  Object.setPrototypeOf(this.branches, null);
  return add.call(this, path, data);
};
