import { fileURLToPath } from 'node:url'

/** Whether a URL is the path of a file on this machine: `file://host/x`, `file:///%zz` and `file:///a%2Fb` are none. */
export function isFileUrl(url: URL): boolean {
  try {
    return fileURLToPath(url) !== ''
  } catch {
    return false
  }
}
