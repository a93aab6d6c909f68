import type { IncomingMessage, ServerResponse } from 'node:http'

/** What a hostile server does instead of its answer. */
export type HostileAnswer = (request: IncomingMessage, response: ServerResponse) => void

const SIZE = 64 * 1024

/** Bodies that no client accepts. */
const BODIES: Readonly<Record<string, string | Buffer>> = {
  nothing: '',
  null: 'null',
  'a number': '1e999',
  'a list': '[]',
  'an empty object': '{}',
  'a web page': '<!doctype html><title>x</title>',
  'deep lists': '['.repeat(SIZE),
  'deep objects': '{"a":'.repeat(SIZE / 8),
  'half of an object': '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[',
  'fields of wrong types':
    '{"schemaVersion":{},"mediaType":[],"manifests":{},"config":1,"layers":"x","tags":{"a":1},"token":[]}',
  'entries of wrong types':
    '{"schemaVersion":2,"manifests":[null,1,{},{"digest":1}],"config":null,"layers":[[]],"tags":[1,null]}',
  'a prototype': '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},"schemaVersion":2}',
  'many keys': `{${Array.from({ length: 5000 }, (_, at) => `"${at}":1`).join(',')}}`,
  'bytes that are no text': Buffer.alloc(SIZE, 0xff),
  zeros: Buffer.alloc(SIZE),
}

/** Headers of an answer, with its status. */
const HEADS: Readonly<Record<string, readonly [number, Readonly<Record<string, string | string[]>>]>> = {
  'no content': [204, {}],
  'a part that was not requested': [206, { 'content-range': 'bytes 5-1/0' }],
  'a digest that is none': [200, { 'docker-content-digest': 'sha256:\u00ff' }],
  'a media type that is none': [200, { 'content-type': ';;;=' }],
  'an encoding': [200, { 'content-encoding': 'gzip' }],
  'a page after itself': [200, { link: '</v2/app/tags/list>; rel="next"' }],
  'a link without an end': [200, { link: `<${'<'.repeat(8000)}` }],
  'a redirect to itself': [307, { location: '?' }],
  'a redirect to nowhere': [307, { location: 'http://[::' }],
  'a redirect to a program': [307, { location: 'javascript:alert(1)' }],
  'a redirect to a file': [301, { location: 'file:///etc/passwd' }],
  'a redirect without a target': [302, {}],
  'a challenge without an end': [401, { 'www-authenticate': `Bearer realm="${'\\'.repeat(8000)}` }],
  'a challenge of many schemes': [401, { 'www-authenticate': 'a,'.repeat(4000) }],
  'a challenge by no address': [401, { 'www-authenticate': 'Bearer realm="x",service="y"' }],
  'a challenge by a file': [401, { 'www-authenticate': 'Bearer realm="file:///etc/passwd"' }],
  'a challenge again and again': [401, { 'www-authenticate': ['Basic', 'Bearer', 'Basic realm=x'] }],
  'a wait of a year': [429, { 'retry-after': '99999999999999999999' }],
  'a wait until no date': [503, { 'retry-after': 'soon' }],
  'a status that nobody knows': [599, {}],
  'no success': [403, { 'content-type': 'application/json' }],
}

/** What no HTTP library would send. */
const RAW: Readonly<Record<string, string>> = {
  'an answer of another protocol': 'SSH-2.0-OpenSSH_9.6\r\n',
  'a header without an end': `HTTP/1.1 200 OK\r\nx: ${'x'.repeat(SIZE)}`,
  'many headers': `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(10_000)}\r\n`,
  'two lengths': 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}',
  'a length that is too long': 'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{}',
  'a length that is none': 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}',
  'chunks that are none': 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n',
  'hints without an answer': 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(100),
  'a switch of protocols': 'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n',
  'the end': '',
}

/** Answers by name, of 64 kB at most. */
export function hostileAnswers(contentType: string): Readonly<Record<string, HostileAnswer>> {
  const withBody = (body: string | Buffer): HostileAnswer => {
    return (_request, response) => response.writeHead(200, { 'content-type': contentType }).end(body)
  }
  const error = '{"errors":[{"code":{},"message":["x"],"detail":{"a":'
  const head = ([status, headers]: (typeof HEADS)[string]): HostileAnswer => {
    return (_request, response) => response.writeHead(status, headers).end(status < 300 ? undefined : error)
  }
  const raw =
    (text: string): HostileAnswer =>
    (request) =>
      request.socket.end(text)
  return {
    ...mapValues(BODIES, withBody),
    ...mapValues(HEADS, head),
    ...mapValues(RAW, raw),
  }
}

function mapValues<From, To>(values: Readonly<Record<string, From>>, change: (value: From) => To) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, change(value)]))
}
