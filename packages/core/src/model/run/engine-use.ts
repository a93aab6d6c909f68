/** Why a build is given to an engine. */
export type EngineReason =
  /** It runs the platform itself. */
  | 'native'
  /** No engine of the run does, and this one emulates it. */
  | 'no-native'
  /** Those that do have all the builds that they may have, and this one emulates it. */
  | 'native-busy'
  /** Those that did do not answer any more, and this one emulates it. */
  | 'native-lost'

/** Which engine builds an image, how and why. */
export interface EngineUse {
  /** Address of the engine: `unix:///var/run/docker.sock`. */
  readonly engine: string
  readonly execution: 'native' | 'emulated'
  readonly engineReason: EngineReason
}
