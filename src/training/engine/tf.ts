// The Node bundle of tfjs-core registers no gradients; loading the union package registers them on the same core.
import '@tensorflow/tfjs'

export * from '@tensorflow/tfjs-core'
