import { startRegistry } from '../../src/registry-server/index.js'

// A process of its own, so that a test can kill it at any moment.
const server = await startRegistry({ directory: process.argv[2] ?? '' })
process.stdout.write(`listening on ${server.host}\n`)
