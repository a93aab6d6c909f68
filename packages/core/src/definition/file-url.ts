import { fileURLToPath } from 'node:url'

/** Whether a URL is a valid path on this machine; `file://host/x`, `file:///%zz` and `file:///a%2Fb` are not. */
export function isFileUrl(url: URL): boolean {
  try {
    return fileURLToPath(url) !== ''
  } catch {
    return false
  }
}
