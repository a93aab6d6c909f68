import { expect, test } from 'vitest'
import { digestOf } from '../../src/model/digest.js'
import { formatPromoted } from '../../src/report/text/image-text.js'

const [to, signature] = [digestOf('image'), digestOf('signature')]

test('what was copied with an image to several names is shown once, below the names', () => {
  const referrers = [{ digest: signature, subject: to, artifactType: 'text/x-signature' }]
  const notes = ['a layer was not copied']
  const names = ['1', 'latest'].map((tag) => ({ reference: `r.example.com/app:${tag}`, to, referrers, notes }))
  const text = formatPromoted(names)
  expect(text.slice(text.indexOf('copied '))).toBe(
    `copied text/x-signature ${signature} of ${to}\nnote: a layer was not copied\n`,
  )
})

test('an artifact without a type is called one, and control characters of a registry are omitted', () => {
  const referrers = [
    { digest: signature, subject: to },
    { digest: to, subject: to, artifactType: 'a\u001b[31mb' },
  ]
  const text = formatPromoted([{ reference: 'r.example.com/app:1', to, referrers }])
  expect(text).toContain(`copied artifact ${signature}`)
  expect(text).toContain(`copied ab ${to}`)
})
