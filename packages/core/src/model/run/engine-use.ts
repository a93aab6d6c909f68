/** Why a build is given to an engine. */
export type EngineReason =
  /** It runs the platform itself. */
  | 'native'
  /** No engine of the run does, and this one emulates it. */
  | 'no-native'
  /** All native engines are at their build limit, so this engine emulates the platform. */
  | 'native-busy'
  /** The native engines no longer respond, so this engine emulates the platform. */
  | 'native-lost'

/** Which engine builds an image, how and why. */
export interface EngineUse {
  /** Address of the engine: `unix:///var/run/docker.sock`. */
  readonly engine: string
  readonly execution: 'native' | 'emulated'
  readonly engineReason: EngineReason
}
