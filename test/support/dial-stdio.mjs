// @ts-check
// Connects its standard streams with a socket, as `buildctl dial-stdio` does: node dial-stdio.mjs PATH
import { connect } from 'node:net'

const socket = connect(process.argv[2] ?? '')
process.stdin.pipe(socket).pipe(process.stdout)
socket.on('error', (error) => {
  process.stderr.write(`${error.message}\n`)
  process.exit(1)
})
socket.on('close', () => process.exit(0))
