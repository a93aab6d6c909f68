import type { Agent, ClientRequest, IncomingMessage } from 'node:http'

/**
 * Disables redirects in docker-modem: it would follow them to any address, and throws an uncaught error for an invalid
 * one. Engines do not redirect.
 */
export function withoutRedirects(agent: Agent): Agent {
  const addRequest: unknown = Reflect.get(agent, 'addRequest')
  if (typeof addRequest !== 'function') throw new TypeError('the agent of Node.js has no addRequest')
  Reflect.set(agent, 'addRequest', (request: ClientRequest, ...rest: unknown[]) => {
    request.prependOnceListener('response', hideLocation)
    return Reflect.apply(addRequest, agent, [request, ...rest])
  })
  return agent
}

function hideLocation({ headers }: IncomingMessage): void {
  delete headers.location
}
