export { giveOrder } from './give.ts';
export { Orders } from './orders.ts';
