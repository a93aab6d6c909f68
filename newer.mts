import { newerEngine } from './test/support/newer-engine.js'
const e = await newerEngine()
console.log(e.socketPath)
import { writeFileSync } from 'node:fs'
writeFileSync('/tmp/newer.sock.path', e.socketPath)
setInterval(() => {}, 1000)
