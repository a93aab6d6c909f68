import type { ErrorCode } from '../model/errors.js'

/** Meanings of error codes. docs/errors.md has the same text. */
export const MEANING: Readonly<Record<ErrorCode, string>> = {
  DEFINITION_INVALID:
    'The definition is not valid: for example an unknown base or release, a duplicate platform, an invalid name or tag, a missing Dockerfile, or a cycle between pipelines. Nothing was contacted.',
  USAGE: 'The command line of build.ts has an unknown command or flag, or an invalid value.',
  LOCK_INVALID:
    'polyarch.lock has a line that cannot be parsed, or contradicts the registry, another line or the signer that verify requires; or a newer polyarch wrote it.',
  LOCK_INCOMPLETE:
    'A base or another image is missing in polyarch.lock, and --frozen is set. It is the default if CI is set and there is a lock.',
  POLICY_VIOLATED: 'Something that the run builds from violates the policy of build.ts.',
  ENGINE_UNREACHABLE: 'No Docker Engine or BuildKit answers at the address, or the connection was lost during the run.',
  ENGINE_UNSUPPORTED: 'The builder lacks a feature that polyarch or the build requires, such as BuildKit.',
  ENGINE_REJECTED: 'The builder rejected a request.',
  ENGINE_CANNOT_REACH_REGISTRY:
    'The builder cannot reach the registry, although this process can. A builder in a virtual machine or on another host cannot reach the embedded registry of this machine; loopback names are rejected for a BuildKit on another machine.',
  PLATFORM_NOT_RUNNABLE:
    'No builder of the run can execute the programs of the platform natively or by emulation, or emulation is not allowed. Detected before a context is uploaded.',
  BUILD_FAILED:
    "A step of the Dockerfile failed. The message names the line and contains the end of the step's output.",
  TEST_FAILED:
    'An image did not pass one of its tests. Every name stays where it was. The image remains under its key tag, so that the next run tests it again without a build.',
  PUSH_FAILED: 'The builder could not push an image.',
  PULL_FAILED: 'The builder could not pull an image for a FROM, or the engine for --load.',
  CONTEXT_UNREADABLE:
    'A file of the build context could not be read, or changed while it was read. Or an archive is malformed or has an entry that is not allowed, or a git repository could not be fetched.',
  REGISTRY_UNREACHABLE: 'The registry does not answer, or its certificate is not trusted.',
  REGISTRY_REJECTED: 'The registry rejected a request, or every retry of it failed.',
  REGISTRY_UNAUTHORIZED: 'The registry requires a login, or rejects the given one.',
  REGISTRY_DENIED: 'The credentials are valid but lack permission for this operation.',
  NOT_FOUND: 'An image, manifest or blob does not exist.',
  DIGEST_MISMATCH: 'Downloaded content does not match its digest.',
  MANIFEST_UNSUPPORTED:
    'The name points to something other than an image or index in a supported format, to a manifest larger than registries accept, or to an index that states a wrong size for an image.',
  PLATFORM_MISSING: 'A base has no image for a platform; or a tag would lose a platform that it has now.',
  PLATFORM_MISMATCH:
    'An image does not match its declared platform: its config or its machine code is for another one.',
  SIGNATURE_MISSING: 'A base has no signature of the signer that its verify or the policy requires.',
  CREDENTIALS_UNREADABLE: 'The docker config file, or a credential helper that it names, cannot be used.',
  TAG_MOVED: 'Another writer moved a tag after the plan was made.',
  TOOL_MISSING: 'A required program is not installed, such as mmdebstrap for bases made from packages.',
  TOOL_FAILED: 'A program that polyarch runs failed.',
  ROOTFS_FAILED: "A root file system could not be made from a distribution's packages or from an archive.",
  DIRECTORY_IN_USE:
    'Another process uses the directory of the embedded registry, or is writing to that of an image layout.',
  REGISTRY_NOT_STARTED: 'The embedded registry cannot use its directory, or cannot listen on its port.',
  DOWNLOAD_FAILED: 'An archive or a package index could not be downloaded.',
  DISK_FULL: 'A file could not be written because its disk is full or a quota is used up.',
  SECRET_UNAVAILABLE:
    'A secret, ssh agent or key of a build, or the key that signs, does not exist or cannot be used. Detected before anything is built.',
  SIGNING_FAILED:
    'A key outside this machine or sigstore did not sign an image, or returned a wrong signature; or the trusted root of sigstore cannot be read.',
  LOCK_OUTDATED: 'A base must be made from a package archive that no longer matches polyarch.lock.',
  CANCELLED:
    "Ctrl-C was pressed, or the caller's AbortSignal was aborted. Running builds were stopped, and no tag moved. Exit code 130.",
}
