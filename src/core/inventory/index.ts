export {
  type Inventory,
  type InventoryFilter,
  type InventoryItem,
  type InventoryKind,
  type InventoryPage,
  type InventoryRevocation,
  inventoryKinds,
  matchesTimes,
  revokeByPages,
} from './inventory.ts';
