/**
 * Operations on published images, without a pipeline.
 *
 * @module \@polyarch/core/images
 */

export type { ImageOptions, InspectOptions, OperationOptions } from '../options.js'
export type { BuildMetadata } from '../runs/metadata-file.js'
export type { AssembleEntry, AssembleOptions, Assembly } from './assemble.js'
export type { CopyOptions, CopyResult } from './copy.js'
export type { InspectedImage, Inspection } from './inspect.js'
export type { InspectedAttestation } from './inspect-attestations.js'
export { assemble, copy, inspect, promote, remove, tags } from './on-images.js'
export type { PromotedTag, PromoteOptions } from './promote.js'
export type { Removal } from './remove.js'
