/**
 * The command line without a `build.ts`, for programs that add commands to it.
 *
 * @module \@polyarch/core/cli
 */

export type { Host, OutputStream, ToolCommand, ToolWord } from './command.js'
export { baseOfDockerfile, type DockerfileBase, type TargetBaseOptions } from './dockerfile-base.js'
export { printNote, printResult } from './output.js'
export { runStandalone } from './run-standalone.js'
