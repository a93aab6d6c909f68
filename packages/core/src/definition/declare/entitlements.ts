/** Permissions that a build can request from its builder: the host's network, and steps without a sandbox. */
export const ENTITLEMENTS = ['network.host', 'security.insecure'] as const

/** A permission that a build can request, as in `docker buildx build --allow`. */
export type Entitlement = (typeof ENTITLEMENTS)[number]
