/** A frame whose blocks are stored as they are, since Node.js 20 compresses none. @see https://www.rfc-editor.org/rfc/rfc8878 */
export function zstdFrame(content: Buffer): Buffer {
  const head = Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0xa0, 0, 0, 0, 0])
  head.writeUInt32LE(content.byteLength, 5)
  const blocks = []
  for (let at = 0; at < content.byteLength; at += 100_000) {
    const block = content.subarray(at, at + 100_000)
    const isLast = at + block.byteLength === content.byteLength
    const header = Buffer.alloc(3)
    header.writeUIntLE((block.byteLength << 3) | (isLast ? 1 : 0), 0, 3)
    blocks.push(header, block)
  }
  return Buffer.concat([head, ...blocks])
}
