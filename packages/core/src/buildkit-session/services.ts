import { authService } from './auth.js'
import type { SessionOptions } from './options.js'
import { secretsService } from './secrets.js'
import type { SessionService } from './service.js'
import { sshService } from './ssh.js'

/** A service for each thing that is given: a build can call back for that, and for nothing else. */
export function servicesFor({ credentials, secrets, ssh }: SessionOptions): readonly SessionService[] {
  return [
    ...(credentials ? [authService(credentials)] : []),
    ...(secrets ? [secretsService(secrets)] : []),
    ...(ssh ? [sshService(ssh)] : []),
  ]
}
