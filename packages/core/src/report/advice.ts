import type { ErrorCode } from '../model/errors.js'

/** Hints by error code, for errors without a hint of their own. docs/errors.md has the same text. */
export const ADVICE: Readonly<Record<ErrorCode, string>> = {
  DEFINITION_INVALID: 'Correct the values that the message names. It suggests the nearest valid value if there is one.',
  USAGE: 'Run npx tsx build.ts --help.',
  LOCK_INVALID:
    'Restore the file from version control, delete one of the two lines, or install a newer @polyarch/core.',
  LOCK_INCOMPLETE: 'Run npx tsx build.ts lock and commit the file, or use --no-frozen.',
  POLICY_VIOLATED: 'Change what the message names, or the rule in policy. With --policy warn violations are notes.',
  ENGINE_UNREACHABLE:
    'Start Docker, or set DOCKER_HOST or the docker context to an engine. On Linux, your user may have to be in the group docker. npx tsx build.ts doctor checks the connection.',
  ENGINE_UNSUPPORTED:
    'Update the builder: Docker Engine 20.10 and newer, or 27.5 and newer with the containerd image store; BuildKit 0.11 and newer. npx tsx build.ts doctor prints its version.',
  ENGINE_REJECTED:
    "Read the builder's reason in the message. Its log has more (for a Docker Engine on Linux: journalctl -u docker).",
  ENGINE_CANNOT_REACH_REGISTRY: 'Use a registry that both can reach: --registry registry.example.com.',
  PLATFORM_NOT_RUNNABLE:
    "Register an emulator on the builder's machine: Debian's qemu-user-static, or the image tonistiigi/binfmt; npx tsx build.ts doctor prints the command. Or add a builder that runs the platform natively: --builder ssh://me@arm-machine.",
  BUILD_FAILED:
    'Correct the Dockerfile. --verbose shows the whole output, and --only <platform> builds that platform only.',
  TEST_FAILED:
    "Compare the message with the test. Correct the Dockerfile or the test; npx tsx build.ts test runs the tests without moving a name. If 'base check' fails, make sure that the last stage of the Dockerfile is based on the base.",
  PUSH_FAILED:
    "Read the registry's reason in the message. Usually a login is missing (docker login <host>), or the repository must be created first. npx tsx build.ts doctor tests both.",
  PULL_FAILED: 'Check that the image exists for that platform, and that you are logged in to its registry.',
  CONTEXT_UNREADABLE:
    'Make the file readable, or list it in .dockerignore. Prevent other programs from writing to the context during a build.',
  REGISTRY_UNREACHABLE:
    'Check the host name and the network; behind a proxy, check that HTTPS_PROXY is set. For your own certificate authority, set NODE_EXTRA_CA_CERTS.',
  REGISTRY_REJECTED:
    "Read the registry's reason in the message: for example a quota, an immutable tag, or a repository that must be created first.",
  REGISTRY_UNAUTHORIZED:
    'Run docker login <host>; polyarch uses the same logins and credential helpers. npx tsx build.ts doctor prints which login it finds, and whether it may push.',
  REGISTRY_DENIED:
    'Grant the account push access to the repository, or log in with another account: docker login <host>.',
  NOT_FOUND:
    'Check the name and the tag. If it was written a moment ago, check the retention policy of the repository.',
  DIGEST_MISMATCH: 'Run again. If the error persists, the registry or a proxy in front of it returns damaged content.',
  MANIFEST_UNSUPPORTED:
    'Use an image in OCI or Docker schema 2 format. Pushing an old image with a current client converts it.',
  PLATFORM_MISSING:
    'Use a base with that platform: npx tsx build.ts inspect <image> lists its platforms. If a tag would lose a platform, declare the platform again, or use --allow-removal.',
  PLATFORM_MISMATCH:
    "Use an image for that platform. If only the config is wrong, set configPolicy: 'trust-declared' on the base. If the named file does not belong to what the image runs, set codePolicy: 'trust-declared'.",
  SIGNATURE_MISSING:
    'Use an image that the required signer has signed, or correct the key in verify. cosign verify shows who signed an image.',
  CREDENTIALS_UNREADABLE: 'Correct ~/.docker/config.json, or install the helper that the message names.',
  TAG_MOVED: 'Run again: the new run starts from the current state of the tag.',
  TOOL_MISSING: 'Install the program that the message names. npx tsx build.ts doctor lists all missing programs.',
  TOOL_FAILED: "Read the end of the program's output in the message, or run the program manually to see all of it.",
  ROOTFS_FAILED:
    'Read the reason in the message: for example an unknown package, a mirror without that architecture, or an expired signature.',
  DIRECTORY_IN_USE: 'Wait until that process ends, or use another directory: --registry embedded:<dir>.',
  REGISTRY_NOT_STARTED: 'Use an empty directory, or another port; 0 selects a free one.',
  DOWNLOAD_FAILED: 'Check the URL and the network; behind a proxy, check that HTTPS_PROXY is set.',
  DISK_FULL:
    'Free space on that disk; docker system df shows the size of images and build cache. Set TMPDIR to use another directory for temporary files.',
  SECRET_UNAVAILABLE:
    'Set the variable, write the file or start the agent that the message names. The value itself is never printed.',
  SIGNING_FAILED:
    'Read the reason in the message: the service may be unreachable, or the key lacks permission to sign. No name moved.',
  LOCK_OUTDATED: 'Run npx tsx build.ts lock --update, or use a mirror that keeps old states of the archive.',
  CANCELLED: 'Run again: finished results are found and reused.',
}

/** Returns the advice for an error code in the form of a hint: one phrase in lower case, without a period at its end. */
export function hintFor(code: ErrorCode): string {
  const [first = '', ...others] = ADVICE[code].replace(/\.$/, '').split(/\. (?=\S)/)
  return [first, ...others].map((sentence) => sentence.charAt(0).toLowerCase() + sentence.slice(1)).join('; ')
}
