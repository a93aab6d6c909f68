const KB = 1024
const MB = 1024 * KB

/**
 * Bounds of the work that untrusted data can cause. Exceeding one is a typed error; if nothing depends on the rest, the
 * rest is ignored. Docker, BuildKit and registries have bounds of the same order.
 */
export const LIMITS = {
  /** Bytes of a path: Linux's PATH_MAX. No file has a longer path, and no link a longer target. */
  path: 4 * KB,
  /** Directories in a path, including those of links on the way: each one costs a lookup. */
  pathDepth: 256,
  /** Links in a row, as many as Linux follows. */
  links: 40,
  /** Bytes of a line of JSON: the events of a file, or the messages of an engine. */
  line: 64 * MB,
  /** Objects and lists within one another in JSON. */
  jsonDepth: 100,

  /** Links on the way of one path of a context: as many as BuildKit follows when it copies. */
  contextLinks: 255,
  /** Characters of all resolved link targets of a context, in total. */
  followedPaths: 4 * MB,
  /** Entries of a context archive. */
  archiveEntries: 1_000_000,
  /** Characters of all paths of a context archive, which are kept in memory. */
  archivePathBytes: 256 * MB,
  /** Bytes of what git prints: a list of about a million files. */
  gitOutput: 256 * MB,
  /** Bytes of a Dockerfile or .dockerignore: as much as BuildKit reads of one. */
  textFile: 16 * MB,
  /** Bytes of a lock file: some ten thousand names. */
  lockFile: 16 * MB,
  /** Characters of a line of a lock file that a message quotes. */
  quotedLine: 200,
  /** Bytes of a line of a Dockerfile: as much as BuildKit reads of one. */
  dockerfileLine: 64 * KB - 1,
  /** Characters of an expanded word of a Dockerfile. */
  expandedWord: 64 * KB,
  /** Steps of one expansion that matches a pattern, as `${A##*x}` does. */
  patternSteps: 2000,
  /** Expressions within one another in a word of a Dockerfile. */
  expansionDepth: 1000,

  /** Bytes of a manifest: as much as registries accept. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#pushing-manifests */
  manifest: 4 * MB,
  /** Indexes within one another. */
  indexDepth: 4,
  /** Indexes that one index leads to. */
  indexes: 1000,
  /** Entries of an index and of the indexes within it, together. */
  indexEntries: 10_000,
  /** Artifacts that refer to the images of one copy: signatures, SBOMs. */
  referrers: 1000,
  /** Bytes of a payload that is signed. */
  signature: 1 * MB,
  /** Bytes of a signed statement, in base64. */
  bundle: 192 * MB,
  /** Signatures of one image that are read. */
  signatures: 100,
  /** Artifacts that refer to one another, in a row. */
  referrerDepth: 4,
  /** Bytes of the index of an image layout. */
  layoutIndex: 64 * MB,
  /** Bytes of a statement that a builder attests of an image, such as an SBOM. */
  attestation: 128 * MB,
  /** Bytes of the files of an image that list packages. */
  packageFiles: 512 * MB,
  /** Bytes of the list of modules in a program of Go. */
  goBuildInfo: MB,
  /** Bytes of an image config. */
  imageConfig: 8 * MB,
  /** Layers of an image. Engines run at most 127. */
  layers: 500,
  /** Bytes of memory for the executables, directories and links of an image: about a million entries. */
  imageFiles: 256 * MB,
  /** Executables of an image that are compared with its platform, if neither a shell nor a loader decides. */
  executables: 10_000,
  /** Files and directories of an image that is written to a directory or an archive. */
  exportedFiles: 2_000_000,
  /** Bytes of a program whose machine code is read; of a longer one, its start. */
  program: 8 * MB,
  /** Directories of an image's PATH that are searched. */
  pathVariable: 100,
  /** Redirects in a row. */
  redirects: 5,
  /** Bytes of the body of an error. */
  errorBody: 64 * KB,
  /** Bytes of the answer of a token service. */
  tokenAnswer: 1 * MB,
  /** Bytes of one page of a list, such as tags. */
  page: 16 * MB,
  /** Bytes of all pages of a list: millions of tags. */
  list: 64 * MB,
  /** Pages of a list. */
  pages: 10_000,
  /** Seconds since the epoch: the last date that JavaScript represents. */
  date: 8_640_000_000_000,
  /** Bytes of the record of a context. */
  contextRecord: 4 * MB,
  /** Differences between two context records; the time to find them grows with the square. */
  recordEdits: 2000,
  /** Files of a context that is recorded. */
  recordedFiles: 50_000,

  /** Bytes of the release file of an archive: ten times as much as the largest of Debian and Ubuntu. */
  releaseFile: 16 * MB,

  /** Bytes of an answer of a Docker Engine that is read as a whole. */
  engineAnswer: 64 * MB,
  /** Bytes of an answer of `kubectl`: a list of some thousand pods. */
  kubectlAnswer: 64 * MB,
  /** Uploads at a time to the embedded registry; clients send a few at a time. */
  uploads: 1000,
  /** Bytes of the head of a request to the embedded registry. */
  requestHead: 16 * KB,

  /** Bytes of a file of an image that a test reads. */
  testedFile: 64 * MB,
  /** Characters of each output of a command that tests an image. */
  processOutput: 4 * MB,
  /** Bytes of a message of BuildKit, whose own limit is 16 MB. */
  grpcMessage: 64 * MB,
  /** Steps, layers and warnings of one build that BuildKit reports; those of the largest builds are some thousand. */
  reportedItems: 100_000,
  /** Characters of their names and errors. */
  reportedText: 64 * MB,
  /** Calls at a time that BuildKit makes on one session. More wait in BuildKit, as HTTP/2 says. */
  sessionCalls: 200,
  /** Bytes of a request to an ssh agent; no request to sign is longer. */
  agentMessage: 256 * KB,
} as const
