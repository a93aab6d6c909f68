import { BuildKitClient } from '/work/wt/builder/packages/core/src/builder/buildkit/client.ts'
import { Connection } from '/work/wt/builder/packages/core/src/builder/docker/connection.ts'
import { engineTransport } from '/work/wt/builder/packages/core/src/builder/docker/engine-transport.ts'
import { describeEngine } from '/work/wt/builder/packages/core/src/builder/docker/description.ts'
import { solve } from '/work/wt/builder/packages/core/src/builder/buildkit/solve.ts'
import { memoryDirectory } from '/work/wt/builder/packages/core/src/builder/memory-directory.ts'
const path = process.argv[2] ?? '/var/run/docker.sock'
const c = new Connection({ kind: 'socket', address: 'unix://' + path, path }, process.env)
const bk = new BuildKitClient(engineTransport(c))
console.log(await describeEngine(c, bk, undefined))
const directories = { context: memoryDirectory({ a: 'hello', b: 'x' }), dockerfile: memoryDirectory({ Dockerfile: 'FROM scratch\nCOPY . /\n' }) }
for (let i = 0; i < 2; i++) {
  const s = await bk.openSession({ directories, sharedKey: 'k' })
  const t = performance.now()
  const r = await solve(await bk.control(), { session: s.id, frontend: 'dockerfile.v0', frontendAttributes: { filename: 'Dockerfile' }, exporter: { type: 'moby', attributes: { name: 'proto:1' } } }, { onEvent: (e) => console.log(JSON.stringify(e)) })
  console.log(r, performance.now() - t)
  await s[Symbol.asyncDispose]()
}
await bk[Symbol.asyncDispose]()
await c[Symbol.asyncDispose]()
