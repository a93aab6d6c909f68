import { layoutNames } from '../../../packages/core/src/layout/layout-index.js'
import { parseLayoutReference } from '../../../packages/core/src/layout/layout-reference.js'
import { isIndex, MEDIA_TYPES } from '../../../packages/core/src/model/oci.js'
import { parsePlatform } from '../../../packages/core/src/model/platform.js'
import { formatReference, parseReference } from '../../../packages/core/src/model/reference.js'
import { parseAuthVariable, parseDockerConfig } from '../../../packages/core/src/registry/auth/docker-config-file.js'
import { parseByteRange, uploadedBytes } from '../../../packages/core/src/registry/blobs/content-range.js'
import { parseChallenges } from '../../../packages/core/src/registry/http/challenge.js'
import { nextLink } from '../../../packages/core/src/registry/http/link-header.js'
import { quoteServer } from '../../../packages/core/src/registry/http/redaction.js'
import { parseRetryAfter } from '../../../packages/core/src/registry/http/retry-after.js'
import { parseImageConfig } from '../../../packages/core/src/registry/image-config.js'
import { parseManifest } from '../../../packages/core/src/registry/manifests/schema.js'
import { imagesOf } from '../../../packages/core/src/registry/select-platform.js'
import { parseContentRange, parseRange } from '../../../packages/core/src/registry-server/http/byte-range.js'
import { parseRoute } from '../../../packages/core/src/registry-server/http/route.js'
import { ProtocolError } from '../../../packages/core/src/registry-server/protocol-error.js'
import { checkManifest } from '../../../packages/core/src/registry-server/store/manifest-check.js'
import type { FuzzTarget } from '../target.js'
import { DIGEST, json, PLATFORM } from './values.js'

const descriptor = (mediaType: string) => ({ mediaType, digest: DIGEST, size: 1 })

const MANIFEST = json({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociManifest,
  config: descriptor(MEDIA_TYPES.ociConfig),
  layers: [{ ...descriptor(MEDIA_TYPES.ociLayerGzip), urls: ['https://example.com'], data: 'eA==' }],
  subject: descriptor(MEDIA_TYPES.ociManifest),
  annotations: { a: 'b' },
})
const INDEX = json({
  schemaVersion: 2,
  mediaType: MEDIA_TYPES.ociIndex,
  manifests: [
    { ...descriptor(MEDIA_TYPES.ociManifest), platform: { ...PLATFORM, variant: 'v1', 'os.features': ['x'] } },
    { ...descriptor(MEDIA_TYPES.ociManifest), annotations: { 'org.opencontainers.image.ref.name': '1' } },
  ],
})

export const REGISTRY_TARGETS: readonly FuzzTarget[] = [
  {
    name: 'manifest',
    seeds: [MANIFEST, INDEX],
    words: [...Object.values(MEDIA_TYPES), DIGEST],
    read(input) {
      const { content } = parseManifest(input, undefined, 'x')
      return isIndex(content) ? [imagesOf(content), layoutNames(content)] : content
    },
  },
  {
    name: 'stored-manifest',
    seeds: [MANIFEST, INDEX],
    words: [...Object.values(MEDIA_TYPES), DIGEST],
    read: (input) => checkManifest(input, undefined),
    errors: [ProtocolError],
  },
  {
    name: 'image-config',
    seeds: [
      json({
        ...PLATFORM,
        created: '2024-01-01T00:00:00Z',
        config: { Env: ['A=b'], Cmd: ['sh'], Entrypoint: null, Labels: { a: 'b' }, OnBuild: ['RUN x'] },
        rootfs: { type: 'layers', diff_ids: [DIGEST] },
        history: [{ created: '2024-01-01T00:00:00Z', created_by: 'x', empty_layer: true }],
      }),
    ],
    read: (input) => parseImageConfig(input, 'x'),
  },
  {
    name: 'challenge',
    seeds: [
      'Bearer realm="https://a.example.com/token",service="a",scope="repository:x:pull", Basic realm=x',
      'Negotiate',
    ],
    words: ['realm="', 'Bearer ', ',', '\\"'],
    read: (input) => parseChallenges(input.toString()),
  },
  {
    name: 'link-header',
    seeds: ['</v2/x/tags/list?n=1&last=a>; rel="next", <b>; rel=prev', '<a>;rel="x next";title="\\""'],
    words: ['<', '>', '; rel=next', ',', '"'],
    read: (input) => nextLink(input.toString()),
  },
  {
    name: 'response-headers',
    seeds: ['bytes 0-99/100', '0-5', 'Wed, 21 Oct 2015 07:28:00 GMT', '120', 'bytes=0-1', 'bytes=-5'],
    words: ['bytes=', '-', '/', '*', '9'.repeat(40)],
    read(input) {
      const text = input.toString()
      return [
        parseByteRange(text),
        uploadedBytes(text),
        parseRetryAfter(text, 0),
        parseRange(text, 100),
        parseContentRange(text),
        quoteServer(text, ['secret']),
      ]
    },
  },
  {
    name: 'reference',
    seeds: ['ghcr.io/team/app:1.0', `localhost:5000/a@${DIGEST}`, 'ubuntu', 'oci:dir:name', 'linux/arm/v7'],
    words: [DIGEST, ':', '@', '/', 'oci:'],
    read(input) {
      const text = input.toString()
      const reference = parseReference(text)
      return [reference && formatReference(reference), parseLayoutReference(text), parsePlatform(text)]
    },
  },
  {
    name: 'registry-path',
    seeds: [
      '/v2/',
      '/v2/team/app/manifests/1.0',
      `/v2/a/blobs/${DIGEST}`,
      '/v2/a/blobs/uploads/x',

      '/token',
    ],
    words: ['/v2/', '/blobs/', '/manifests/', '/uploads/', '%2e%2e', '%00', '/../'],
    read: (input) => parseRoute(input.toString()),
    errors: [ProtocolError],
  },
  {
    name: 'docker-config',
    seeds: [
      json({
        auths: { 'https://index.docker.io/v1/': { auth: 'dXNlcjpwdw==' }, 'b.example.com': { identitytoken: 'x' } },
        credHelpers: { 'a.example.com': 'ecr' },
        credsStore: 'x',
        proxies: { default: { httpProxy: 'http://p' } },
      }),
      json({ auths: { 'a.example.com': { auth: 'dXNlcjpwdw==' } } }),
    ],
    read: (input) => [parseDockerConfig(input.toString()), parseAuthVariable(input.toString())],
  },
]
