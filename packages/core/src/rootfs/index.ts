/**
 * What kinds of root file systems need on this machine: downloads, programs, and a root that programs fill. Import it
 * only from the part of a kind that performs I/O.
 *
 * @module \@polyarch/core/rootfs
 */

export { makeTempFolder, type TempFolder } from '../host/temp-folder.js'
export { openArchive, type PublishedArchive } from './archive.js'
export { download, downloadIfThere } from './download.js'
export { makeRoot, ROOTLESS_TOOLS, type RootScript } from './program/root-program.js'
export { type StreamedProgram, streamProgram } from './program/streamed-program.js'
export { requireTool } from './program/tool.js'
