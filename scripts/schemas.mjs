// @ts-check
// `npm run schemas`: writes the JSON schemas of what polyarch prints, out of its types.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createGenerator } from 'ts-json-schema-generator'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDER = 'packages/core/schemas'

/** What is printed, by the name of its schema: the type, and what prints it. */
const PRINTED = {
  plan: { type: 'Plan', by: 'build.ts plan --json' },
  report: { type: 'Report', by: 'build.ts --json' },
  metadata: { type: 'BuildMetadata', by: 'build.ts --metadata-file' },
  event: { type: 'EventLine', by: 'build.ts --progress json, a line each' },
}

/** The type says it by a template, which the generator reads as any text. */
const DIGEST = { type: 'string', pattern: '^sha256:[a-f0-9]{64}$' }

/** The text of each schema, by its path from the root. */
export function schemaTexts() {
  const generator = createGenerator({
    path: join(
      ROOT,
      'packages/core/src/{model/run/plan,report/report,report/progress/event-lines,operations/runs/metadata-file}.ts',
    ),
    tsconfig: join(ROOT, 'tsconfig.json'),
    skipTypeCheck: true,
    expose: 'export',
    jsDoc: 'basic',
    // What is new may be added at any time.
    additionalProperties: true,
  })
  return Object.fromEntries(
    Object.entries(PRINTED).map(([name, { type, by }]) => {
      const { $schema, definitions, ...schema } = generator.createSchema(type)
      const reported = {
        $schema,
        title: `What ${by} prints`,
        ...schema,
        definitions: { ...definitions, Digest: DIGEST },
      }
      const text = JSON.stringify(reported, null, 2)
      return [`${FOLDER}/${name}.schema.json`, `${text}\n`]
    }),
  )
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [path, text] of Object.entries(schemaTexts())) await writeFile(join(ROOT, path), text)
}
