/** The kinds that the server has, by group and version. */
const KINDS = { v1: ['Pod', 'ConfigMap'], 'apps/v1': ['Deployment', 'StatefulSet'] } as const

const VERBS = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete'] as const

/** Answers to requests for what the server has, by path. */
export const DISCOVERY: Readonly<Record<string, unknown>> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    apiVersion: 'v1',
    groups: [
      {
        name: 'apps',
        versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
        preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
      },
    ],
  },
  '/api/v1': resourceList('v1'),
  '/apis/apps/v1': resourceList('apps/v1'),
  '/openapi/v3': {
    paths: {
      'api/v1': { serverRelativeURL: '/openapi/v3/api/v1' },
      'apis/apps/v1': { serverRelativeURL: '/openapi/v3/apis/apps/v1' },
    },
  },
  '/openapi/v3/api/v1': openApi('v1'),
  '/openapi/v3/apis/apps/v1': openApi('apps/v1'),
}

function resourceList(groupVersion: keyof typeof KINDS) {
  const resources = KINDS[groupVersion].map((kind) => {
    const singularName = kind.toLowerCase()
    return { name: `${singularName}s`, singularName, kind, namespaced: true, verbs: VERBS }
  })
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

/** kubectl reads here whether the server validates fields. */
function openApi(groupVersion: keyof typeof KINDS) {
  const [group = '', version] = groupVersion === 'v1' ? ['', 'v1'] : groupVersion.split('/')
  const root = groupVersion === 'v1' ? '/api/v1' : `/apis/${groupVersion}`
  const paths = KINDS[groupVersion].map((kind) => {
    const operation = {
      parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string', uniqueItems: true } }],
      responses: { 200: { description: 'OK' } },
      'x-kubernetes-group-version-kind': { group, version, kind },
    }
    return [`${root}/namespaces/{namespace}/${kind.toLowerCase()}s/{name}`, { patch: operation }]
  })
  return { openapi: '3.0.0', info: { title: 'Kubernetes', version: 'v1.30.0' }, paths: Object.fromEntries(paths) }
}
