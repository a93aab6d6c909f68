/** Alpine's word for the architecture of each platform. */
export const ARCHITECTURES: Readonly<Record<string, string>> = {
  'linux/386': 'x86',
  'linux/amd64': 'x86_64',
  'linux/arm/v6': 'armhf',
  'linux/arm/v7': 'armv7',
  'linux/arm64': 'aarch64',
  'linux/ppc64le': 'ppc64le',
  'linux/riscv64': 'riscv64',
  'linux/s390x': 's390x',
}

/** Alpine's releases, each with the last day of its support; the source is the page "Releases" of its website. */
export const RELEASES = { '3.20': '2026-04-01', '3.21': '2026-11-01', '3.22': '2027-05-01' } as const
