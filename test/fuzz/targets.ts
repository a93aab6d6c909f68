import type { FuzzTarget } from './target.js'
import { ARCHIVE_TARGETS } from './targets/archives.js'
import { DOCKERFILE_TARGETS } from './targets/dockerfiles.js'
import { ENGINE_TARGETS } from './targets/engine.js'
import { IMPORT_TARGETS } from './targets/imports.js'
import { PACKAGE_TARGETS } from './targets/packages.js'
import { PLUGIN_TARGETS } from './targets/plugins.js'
import { RECORD_TARGETS } from './targets/records.js'
import { REGISTRY_TARGETS } from './targets/registry.js'
import { SIGNATURE_TARGETS } from './targets/signatures.js'
import { STORED_TARGETS } from './targets/stored.js'

/** The parsers of everything that polyarch reads of others. */
export const TARGETS: readonly FuzzTarget[] = [
  ...ARCHIVE_TARGETS,
  ...DOCKERFILE_TARGETS,
  ...REGISTRY_TARGETS,
  ...ENGINE_TARGETS,
  ...PLUGIN_TARGETS,
  ...RECORD_TARGETS,
  ...STORED_TARGETS,
  ...IMPORT_TARGETS,
  ...PACKAGE_TARGETS,
  ...SIGNATURE_TARGETS,
]
