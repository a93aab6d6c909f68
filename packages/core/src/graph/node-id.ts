import { type Platform, platformIdentity } from '../model/platform.js'

/** Id of the node that makes one platform's base. */
export function baseNodeId(pipeline: string, platform: Platform): string {
  return `${pipeline} base(${platformIdentity(platform)})`
}

/** Id of the node that makes one platform's image. */
export function imageNodeId(pipeline: string, platform: Platform): string {
  return `${pipeline} image(${platformIdentity(platform)})`
}

/** Id of the node that runs one test of one platform's image. */
export function testNodeId(pipeline: string, platform: Platform, test: string): string {
  return `${pipeline} test(${platformIdentity(platform)}: ${test})`
}

/** Id of the node that makes the shared base index. */
export function baseIndexNodeId(pipeline: string): string {
  return `${pipeline} base index`
}

/** Id of the node that makes the final index. */
export function indexNodeId(pipeline: string): string {
  return `${pipeline} index`
}
