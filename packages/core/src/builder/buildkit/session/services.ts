import type { SessionOptions } from '../options.js'
import { authService } from './auth.js'
import { contentService } from './content/content-service.js'
import type { ContentStore } from './content/content-store.js'
import { fileSendService } from './files/file-send.js'
import { fileSyncService } from './files/file-sync.js'
import { secretsService } from './secrets.js'
import type { SessionService } from './service.js'
import { sshService } from './ssh/ssh.js'

/** The services for the given options; a build can call no others. */
export function servicesFor(
  { credentials, secrets, ssh, directories, output }: SessionOptions,
  stores: ReadonlyMap<string, ContentStore>,
): readonly SessionService[] {
  return [
    contentService(stores),
    ...(directories ? [fileSyncService(directories)] : []),
    ...(output ? [fileSendService(output)] : []),
    ...(credentials ? [authService(credentials)] : []),
    ...(secrets ? [secretsService(secrets)] : []),
    ...(ssh ? [sshService(ssh)] : []),
  ]
}
