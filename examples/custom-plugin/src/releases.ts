/** Platforms of the official images. */
export const PLATFORMS = ['linux/amd64', 'linux/arm64', 'linux/ppc64le', 'linux/s390x']

/** Releases of openSUSE Leap, each with the last day of its support; the source is the page "Lifetime" of its wiki. */
export const RELEASES = { '15.6': '2026-04-30', '16.0': '2027-10-31' } as const
