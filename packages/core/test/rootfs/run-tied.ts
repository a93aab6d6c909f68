import { spawnTied } from '../../src/rootfs/program/tied-process.js'

// A process of its own, so that a test can kill it.
spawnTied(process.argv.slice(2), process.env).child.stdout.pipe(process.stdout)
