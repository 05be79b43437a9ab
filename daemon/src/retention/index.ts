export { Orders } from './orders.ts';
export { Retention } from './retention.ts';
export { insertOrder, orderAnswer, withdrawOrder } from './store.ts';
