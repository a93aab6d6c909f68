import { Client, credentials, Metadata, Server, ServerCredentials } from '@grpc/grpc-js'
import type { SessionService } from '../../../src/builder/buildkit/session/service.js'

/** A service of a session, and a client in the place of BuildKit. */
export interface ServedSession extends Disposable {
  /** What handlers threw that is no answer to the builder. */
  readonly errors: readonly unknown[]
  /** Calls a method with these messages. @returns the answers. Rejects with the status of a call that fails. */
  call<Answer>(
    method: string,
    messages: readonly object[],
    metadata?: Readonly<Record<string, string>>,
    reply?: Reply<Answer>,
  ): Promise<Answer[]>
}

/** Messages to send after an answer. The call is then ended by the service. */
export type Reply<Answer> = (answer: Answer) => readonly object[]

/** Serves the methods on a port of this machine. */
export async function serveSession(service: SessionService): Promise<ServedSession> {
  const server = new Server()
  const errors: unknown[] = []
  for (const { definition, handler } of service) {
    server.addService({ [definition.path]: definition }, { [definition.path]: handler((error) => errors.push(error)) })
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure())
  return {
    errors,
    call<Answer>(
      method: string,
      messages: readonly object[],
      values: Readonly<Record<string, string>> = {},
      reply?: Reply<Answer>,
    ) {
      const found = service.find(({ definition }) => definition.path.endsWith(`/${method}`))
      if (found === undefined) throw new Error(`the service has no method ${method}`)
      const { path, requestSerialize, responseDeserialize } = found.definition
      const metadata = new Metadata()
      for (const [name, value] of Object.entries(values)) metadata.set(name, value)
      // The wire format is the same for all kinds of methods.
      const call = client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata)
      const answers: Answer[] = []
      return new Promise<Answer[]>((resolve, reject) => {
        call.on('data', (answer: Answer) => {
          answers.push(answer)
          for (const message of reply?.(answer) ?? []) call.write(message)
        })
        call.on('error', reject)
        call.on('end', () => resolve(answers))
        for (const message of messages) call.write(message)
        if (reply === undefined) call.end()
      })
    },
    [Symbol.dispose]() {
      client.close()
      server.forceShutdown()
    },
  }
}
