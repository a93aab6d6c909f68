/** Why a build runs on a builder. */
export type EngineReason =
  /** It runs the platform natively. */
  | 'native'
  /** No builder of the run runs it natively, so this one emulates it. */
  | 'no-native'
  /** All native builders are at their build limit, so this builder emulates the platform. */
  | 'native-busy'
  /** The native builders no longer respond, so this builder emulates the platform. */
  | 'native-lost'

/** Which builder builds an image, how and why. */
export interface EngineUse {
  /** Address of the engine: `unix:///var/run/docker.sock`. */
  readonly engine: string
  readonly execution: 'native' | 'emulated'
  readonly engineReason: EngineReason
}
