import type { ErrorCode } from '../model/errors.js'

/** What to do about an error, by its code: for those that carry no hint of their own. docs/errors.md says the same. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  DEFINITION_INVALID: 'Correct the values named. The nearest valid word is suggested where there is one.',
  USAGE: 'See npx tsx build.ts --help.',
  LOCK_INVALID: 'Take it from version control again, leave one of the two, or install a newer @polyarch/core.',
  LOCK_INCOMPLETE: 'Run npx tsx build.ts lock and commit the file, or say --no-frozen.',
  ENGINE_UNREACHABLE:
    'Start Docker, or point DOCKER_HOST or the docker context at an engine. On Linux, your user may have to be in the group docker. npx tsx build.ts doctor looks at more.',
  ENGINE_UNSUPPORTED:
    'Update the engine: 20.10 and newer work; with the containerd image store, 27.5 and newer. npx tsx build.ts doctor says which it is.',
  ENGINE_REJECTED:
    "Read the engine's own reason in the message; the engine's log has more (on Linux: journalctl -u docker).",
  ENGINE_CANNOT_REACH_REGISTRY: 'Use a registry that both reach: --registry registry.example.com.',
  PLATFORM_NOT_RUNNABLE:
    "Register an emulator on the engine's machine: Debian's qemu-user-static, or the image tonistiigi/binfmt; npx tsx build.ts doctor prints the command. Or name an engine that runs it natively as well: --builder ssh://me@arm-machine.",
  BUILD_FAILED:
    'Correct the Dockerfile. --verbose shows the whole output, and --only <platform> repeats the build of that platform alone.',
  CHECK_FAILED: 'Read the end of the output in the hint; see that the last stage of the Dockerfile stands on the base.',
  PUSH_FAILED:
    "Read the registry's reason in the message: mostly a login is missing (docker login <host>), or the repository has to be created first. npx tsx build.ts doctor tries both.",
  PULL_FAILED: 'See that the name exists for that platform, and that a login for its registry is known.',
  CONTEXT_UNREADABLE:
    'Make it readable, or list it in .dockerignore; keep other programs from writing there during a build.',
  REGISTRY_UNREACHABLE:
    "Check the host's name and the network; behind a proxy, that HTTPS_PROXY is set. For a certificate of your own, set NODE_EXTRA_CA_CERTS.",
  REGISTRY_REJECTED:
    "Read the registry's reason in the message: a quota, an immutable tag, a repository that has to be created first.",
  REGISTRY_UNAUTHORIZED:
    'docker login <host>; polyarch uses the same logins and credential helpers. npx tsx build.ts doctor tells which one it finds, and whether it may push.',
  REGISTRY_DENIED:
    'Give the login the right to push to that repository, or log in as somebody who may: docker login <host>.',
  NOT_FOUND:
    'Check name and tag. Where it has just been written, something deletes from that repository: look at its clean-up rules.',
  DIGEST_MISMATCH: 'Run again. If it comes back, the registry, or a proxy before it, is damaged.',
  MANIFEST_UNSUPPORTED:
    'Use an image in OCI or Docker schema 2 form; pushing the old one again with a current client converts it.',
  PLATFORM_MISSING:
    'Take a base that has it: npx tsx build.ts inspect <image> lists what it has. Where a tag would lose one, declare it again, or say --allow-removal if it is meant to go.',
  PLATFORM_MISMATCH:
    "Take an image of that platform. Where only the config is wrong, give the base configPolicy: 'trust-declared'; where the file named is not what the image runs on, codePolicy: 'trust-declared'.",
  CREDENTIALS_UNREADABLE: 'Correct ~/.docker/config.json, or install the helper that the message names.',
  TAG_MOVED: 'Run again: it starts from what the tag points to now.',
  TOOL_MISSING: 'Install the program that the message names; npx tsx build.ts doctor lists all that are missing.',
  TOOL_FAILED: "Read the end of the program's output in the message; run the program by hand where that is not enough.",
  ROOTFS_FAILED:
    'Read the reason in the message: an unknown package, a mirror without that architecture, an expired signature.',
  DIRECTORY_IN_USE: 'Wait until it has ended, or use another directory: --registry embedded:<dir>.',
  REGISTRY_NOT_STARTED: 'Name an empty directory, or another port; 0 takes a free one.',
  DOWNLOAD_FAILED: 'Check the URL and the network; behind a proxy, that HTTPS_PROXY is set.',
  DISK_FULL:
    'Free space on that disk; docker system df shows what images and build cache take. TMPDIR chooses another directory for temporary files.',
  SECRET_UNAVAILABLE:
    'Set the variable, write the file or start the agent that the message names; the value itself is never told.',
  LOCK_OUTDATED: 'Run npx tsx build.ts lock --update, or name a mirror that keeps old states of the archive.',
  CANCELLED: 'Run again: what was finished is found and reused.',
}
