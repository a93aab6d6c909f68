/** Codes for definitions, options and files of the user. */
const DEFINITION_CODES = ['DEFINITION_INVALID', 'USAGE', 'LOCK_INVALID', 'LOCK_INCOMPLETE', 'POLICY_VIOLATED'] as const

/** Codes for builders and their builds. */
const ENGINE_CODES = [
  'ENGINE_UNREACHABLE',
  'ENGINE_UNSUPPORTED',
  'ENGINE_REJECTED',
  'ENGINE_CANNOT_REACH_REGISTRY',
  'PLATFORM_NOT_RUNNABLE',
  'BUILD_FAILED',
  'TEST_FAILED',
  'PUSH_FAILED',
  'PULL_FAILED',
  'CONTEXT_UNREADABLE',
] as const

/** Codes for registries and their content. */
const REGISTRY_CODES = [
  'REGISTRY_UNREACHABLE',
  'REGISTRY_REJECTED',
  'REGISTRY_UNAUTHORIZED',
  'REGISTRY_DENIED',
  'NOT_FOUND',
  'DIGEST_MISMATCH',
  'MANIFEST_UNSUPPORTED',
  'PLATFORM_MISSING',
  'PLATFORM_MISMATCH',
  'SIGNATURE_MISSING',
  'CREDENTIALS_UNREADABLE',
  'TAG_MOVED',
] as const

/** Codes for this machine and programs on it. */
const HOST_CODES = [
  'TOOL_MISSING',
  'TOOL_FAILED',
  'ROOTFS_FAILED',
  'DIRECTORY_IN_USE',
  'REGISTRY_NOT_STARTED',
  'DOWNLOAD_FAILED',
  'DISK_FULL',
  'LOCK_OUTDATED',
  'SECRET_UNAVAILABLE',
  'SIGNING_FAILED',
] as const

/** The codes of {@link DefinitionError}. */
export type DefinitionErrorCode = (typeof DEFINITION_CODES)[number]

/** The codes of {@link EngineError}. */
export type EngineErrorCode = (typeof ENGINE_CODES)[number]

/** The codes of {@link RegistryError}. */
export type RegistryErrorCode = (typeof REGISTRY_CODES)[number]

/** The codes of {@link HostError}: also for a download that is not the declared one, and a platform that this machine cannot run. */
export type HostErrorCode = (typeof HOST_CODES)[number] | 'DIGEST_MISMATCH' | 'PLATFORM_NOT_RUNNABLE'

/** Every code that an error of polyarch can carry; each has its line in docs/errors.md. */
export const ERROR_CODES: readonly ErrorCode[] = [
  ...DEFINITION_CODES,
  ...ENGINE_CODES,
  ...REGISTRY_CODES,
  ...HOST_CODES,
  'CANCELLED',
]

/** The closed set of error codes. */
export type ErrorCode = DefinitionErrorCode | EngineErrorCode | RegistryErrorCode | HostErrorCode | 'CANCELLED'

/** Options of an error, beside its message. */
export interface ErrorDetails {
  /** The node of the graph that it happened in. */
  readonly node?: string
  /** What the user can do, as a sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

/** The base of every error that polyarch throws on purpose. Decide by `code`, never by the message. */
export class PolyarchError extends Error {
  override readonly name: string = 'PolyarchError'
  readonly code: ErrorCode
  /** The node of the graph in which it happened; set by the scheduler if the error does not state it. */
  node: string | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.node = details.node
    this.hint = details.hint
  }
}

/** Names an option in a hint as code and as command lines write it: operations do not know which of them called. */
export function codeOrFlag(code: string, flag: string): string {
  return `\`${code}\` in code, \`${flag}\` on the command line`
}

/** One issue of a definition, and its location. */
export interface Issue {
  /** The path of the invalid value, `esp8266-build platforms[1].release`. */
  readonly path: string
  readonly message: string
  readonly hint?: string
}

/** The definition, an option or a file of the user is invalid; all issues are reported together. */
export class DefinitionError extends PolyarchError {
  override readonly name = 'DefinitionError'
  declare readonly code: DefinitionErrorCode
  readonly issues: readonly Issue[]

  constructor(issues: readonly Issue[], code: DefinitionErrorCode = 'DEFINITION_INVALID') {
    const [only] = issues
    super(
      code,
      issues.length === 1 && only ? `${only.path}: ${only.message}` : `${issues.length} issues in the definition`,
      issues.length === 1 && only?.hint !== undefined ? { hint: only.hint } : {},
    )
    this.issues = issues
  }
}

/** A builder failed or rejected a request, or a build failed on it. */
export class EngineError extends PolyarchError {
  override readonly name = 'EngineError'
  declare readonly code: EngineErrorCode

  constructor(code: EngineErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }
}

/** A request to a registry and its response, without secrets and without the URL's query. */
export interface RegistryExchange {
  readonly method: string
  readonly url: string
  /** HTTP status, if there was a response. */
  readonly status?: number
  /** The codes of the answer's error body. @see https://github.com/opencontainers/distribution-spec/blob/v1.1.0/spec.md#error-codes */
  readonly codes?: readonly string[]
  /** Id with which the registry's operators can find the request. */
  readonly requestId?: string
}

/** A registry failed, rejected a request, or sent content that does not match its digest. */
export class RegistryError extends PolyarchError {
  override readonly name = 'RegistryError'
  declare readonly code: RegistryErrorCode
  /** HTTP status, if there was a response. */
  readonly status: number | undefined
  readonly exchange: RegistryExchange | undefined

  constructor(
    code: RegistryErrorCode,
    message: string,
    details: ErrorDetails & { readonly status?: number; readonly exchange?: RegistryExchange } = {},
  ) {
    super(code, message, details)
    this.exchange = details.exchange
    this.status = details.status ?? details.exchange?.status
  }
}

/** The machine that polyarch runs on lacks something, or a tool on it failed. */
export class HostError extends PolyarchError {
  override readonly name = 'HostError'
  declare readonly code: HostErrorCode

  constructor(code: HostErrorCode, message: string, details?: ErrorDetails) {
    super(code, message, details)
  }
}

/** The operation was cancelled by the caller's signal. */
export class CancelledError extends PolyarchError {
  override readonly name = 'CancelledError'

  constructor(cause?: unknown) {
    super('CANCELLED', 'the operation was cancelled', { cause })
  }
}

/** Throws {@link CancelledError} if the signal has fired. */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new CancelledError(signal.reason)
}
