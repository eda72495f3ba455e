export { default as ReportRuns } from './ReportRuns.vue'
