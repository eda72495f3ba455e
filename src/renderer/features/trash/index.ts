export { default as TrashDialog } from './TrashDialog.vue'
