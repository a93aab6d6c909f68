export { checkPublished, type PublishedFinding, type PublishedOptions } from './check-published.js'
export { type ContractCases, type ContractTest, pluginContract, type RefusedCase } from './plugin-contract.js'
