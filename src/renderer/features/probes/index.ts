// What other features may use of probes.
export { default as ModelProbes } from './ModelProbes.vue'
export { default as ProbesOverview } from './ProbesOverview.vue'
