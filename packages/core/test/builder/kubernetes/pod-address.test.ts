import { describe, expect, it } from 'vitest'
import {
  execArguments,
  formatPodAddress,
  parsePodAddress,
  parseWorkloadAddress,
} from '../../../src/builder/kubernetes/pod-address.js'

describe('addresses of pods', () => {
  it.each([
    ['kube-pod://buildkitd-0', { pod: 'buildkitd-0' }],
    [
      'kube-pod://b?namespace=ci&context=a%2Fb&container=c',
      { pod: 'b', namespace: 'ci', context: 'a/b', container: 'c' },
    ],
    ['kube-pod://b?namespace=', { pod: 'b' }],
  ])('%s is read, and written back', (address, expected) => {
    const pod = parsePodAddress(address)
    expect(pod).toEqual(expected)
    expect(parsePodAddress(formatPodAddress(pod))).toEqual(pod)
  })

  it.each([
    'kube-pod://',
    'kube-pod://--kubeconfig=x',
    'kube-pod://a/b',
    'kube-pod://A',
    'kube-pod://a?node=1',
    'kube-pod://%zz',
  ])('%s is rejected', (address) => {
    expect(() => parsePodAddress(address)).toThrow(`'${address}' is not valid`)
  })

  it('become arguments of kubectl exec, the command behind a double dash', () => {
    const pod = parsePodAddress('kube-pod://b-0?namespace=ci&context=prod&container=buildkitd&kubeconfig=/k')
    expect(execArguments(pod, ['buildctl', 'dial-stdio'])).toEqual([
      'exec',
      '--kubeconfig=/k',
      '--context=prod',
      '--namespace=ci',
      '--stdin',
      '--container=buildkitd',
      'b-0',
      '--',
      'buildctl',
      'dial-stdio',
    ])
  })
})

describe('addresses of workloads', () => {
  it.each([
    ['kubernetes://ci/buildkitd', { namespace: 'ci', workload: 'buildkitd' }],
    ['kubernetes://arn:aws%2Fprod/ci/buildkitd', { context: 'arn:aws/prod', namespace: 'ci', workload: 'buildkitd' }],
    ['kubernetes:///buildkitd?kubeconfig=%2Fk', { workload: 'buildkitd', kubeconfig: '/k' }],
  ])('%s is read', (address, expected) => {
    expect(parseWorkloadAddress(address)).toEqual(expected)
  })

  it.each([
    'kubernetes://buildkitd',
    'kubernetes://a/b/c/d',
    'kubernetes:////x',
    'kubernetes://ci/-x',
    'kubernetes://ci/',
  ])('%s is rejected', (address) => {
    expect(() => parseWorkloadAddress(address)).toThrow('Kubernetes builder address')
  })
})
