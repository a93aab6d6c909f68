import type { ErrorCode } from '../model/errors.js'

/** What an error's code means. docs/errors.md says the same. */
export const MEANING: Readonly<Record<ErrorCode, string>> = {
  DEFINITION_INVALID:
    'The definition cannot be carried out: an unknown base or release, a platform twice, an invalid name or tag, a missing Dockerfile, a cycle between pipelines. Nothing was contacted.',
  USAGE: 'The command line of build.ts has an unknown command or flag, or a value that cannot be read.',
  LOCK_INVALID:
    'polyarch.lock has a line that cannot be read or is not what the registry has, two that contradict each other, or was written by a newer polyarch.',
  LOCK_INCOMPLETE:
    'With --frozen, the default where CI is set and there is a lock: a base or another image is not in polyarch.lock.',
  ENGINE_UNREACHABLE: 'No Docker Engine or BuildKit answers at the address named, or it went away in the middle.',
  ENGINE_UNSUPPORTED: 'The engine lacks something that polyarch needs, such as BuildKit.',
  ENGINE_REJECTED: 'The engine understood the request and refused it.',
  ENGINE_CANNOT_REACH_REGISTRY:
    'The engine cannot get to the registry, though this process may: an engine in a virtual machine or on another host does not see the embedded registry of this one, and a BuildKit on another machine is refused loopback names.',
  PLATFORM_NOT_RUNNABLE:
    "The engine, each of them where there are several, can run neither natively nor by emulation what the platform's build has to run, or may not emulate it. Found before a context is uploaded.",
  BUILD_FAILED: 'A line of the Dockerfile failed. The message names the line and holds the end of its output.',
  CHECK_FAILED:
    'The image was built, and the check of its base failed in it: it stands on another base than the plugin supplied, or lost what the check looks for. It is not pushed.',
  PUSH_FAILED: 'The engine could not push an image.',
  PULL_FAILED: 'The engine could not pull an image, for a FROM or for --load.',
  CONTEXT_UNREADABLE:
    'A file of the build context could not be read, or changed while it was. An archive is malformed or holds an entry that is refused, or a git repository could not be fetched.',
  REGISTRY_UNREACHABLE: 'The registry does not answer, or its certificate is not trusted.',
  REGISTRY_REJECTED: 'The registry refused a request, or kept failing after repeated attempts.',
  REGISTRY_UNAUTHORIZED: 'The registry wants a login, or does not accept the one it got.',
  REGISTRY_DENIED: 'The login is good, but may not do this.',
  NOT_FOUND: 'An image, manifest or blob is not there.',
  DIGEST_MISMATCH: 'Bytes that arrived are not those that the digest promises.',
  MANIFEST_UNSUPPORTED:
    'What is there is no image or index that current clients read, larger than registries accept, or an index that states another size for an image than it has.',
  PLATFORM_MISSING: 'A base has no image for a platform; or a tag would lose a platform that it has today.',
  PLATFORM_MISMATCH:
    'An image is not what it is declared as: its config, or the machine code in it, is of another platform.',
  CREDENTIALS_UNREADABLE: 'The docker config file, or a credential helper that it names, cannot be used.',
  TAG_MOVED: 'Somebody else moved a tag between the plan and the moment it was to move.',
  TOOL_MISSING: 'A program is needed that is not installed, such as mmdebstrap for bases made from packages.',
  TOOL_FAILED: 'A program that was called failed.',
  ROOTFS_FAILED: "A root file system could not be made from a distribution's packages or from an archive.",
  DIRECTORY_IN_USE: 'Another process uses the directory of the embedded registry, or changes that of an image layout.',
  REGISTRY_NOT_STARTED: 'The embedded registry cannot use its directory, or cannot listen on its port.',
  DOWNLOAD_FAILED: 'An archive, or an index of packages, could not be fetched.',
  DISK_FULL: 'A file could not be written, because its disk is full or a quota is used up.',
  SECRET_UNAVAILABLE:
    'A secret, ssh agent or key that a build names is not there, or cannot be used. Found before anything is built.',
  LOCK_OUTDATED: 'A base has to be made from a package archive, which is no longer what polyarch.lock says.',
  CANCELLED: "Ctrl-C, or the caller's AbortSignal. Builds on the engine were stopped, and no tag moved. Exit code 130.",
}
