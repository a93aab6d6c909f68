/** A package in an image. */
export interface Package {
  readonly type: 'deb' | 'apk' | 'rpm' | 'npm' | 'pypi' | 'golang'
  readonly name: string
  readonly version: string
  readonly architecture?: string
  /** The source package that it was built from. */
  readonly source?: string
  /** Declared licenses: names or expressions, all of which apply. */
  readonly licenses?: readonly string[]
  /** The epoch of an rpm. */
  readonly epoch?: string
}

/** The distribution of an image, from its os-release. */
export interface Distribution {
  /** `debian`, `alpine`. */
  readonly id: string
  readonly version?: string
}

/** The packages of an image. */
export interface PackageList {
  readonly distribution: Distribution | undefined
  /** Sorted, each once. */
  readonly packages: readonly Package[]
}
