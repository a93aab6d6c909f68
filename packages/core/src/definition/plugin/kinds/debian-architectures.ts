/** Debian's architectures whose platforms have another name. */
const PLATFORM_NAMES: Readonly<Record<string, string>> = {
  i386: '386',
  armhf: 'arm',
  armel: 'arm',
  mips64el: 'mips64le',
  mipsel: 'mipsle',
  ppc64el: 'ppc64le',
}

/** Returns the architecture of a platform by Debian's name of it: `arm` for `armhf`. */
export function platformArchitecture(word: string): string {
  return PLATFORM_NAMES[word] ?? word
}
