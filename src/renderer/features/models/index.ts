// What other features may use of imported models.
export { default as ImportModel } from './ImportModel.vue'
export { default as ModelDetail } from './ModelDetail.vue'
export { default as ModelTable } from './ModelTable.vue'
