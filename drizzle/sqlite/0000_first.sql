CREATE TABLE `aliases` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`entity_id` text NOT NULL,
	`mount` text NOT NULL,
	`name_index` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `aliases_name` ON `aliases` (`namespace`,`mount`,`name_index`);--> statement-breakpoint
CREATE UNIQUE INDEX `aliases_entity` ON `aliases` (`namespace`,`entity_id`,`mount`);--> statement-breakpoint
CREATE TABLE `certificates` (
	`namespace` text NOT NULL,
	`mount` text NOT NULL,
	`id` text NOT NULL,
	`issuer` text NOT NULL,
	`state` text NOT NULL,
	`entity_id` text,
	`created_millis` integer NOT NULL,
	`expire_millis` integer,
	`revoked_millis` integer,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `mount`, `id`)
);
--> statement-breakpoint
CREATE INDEX `certificates_revoked` ON `certificates` (`namespace`,`mount`,`revoked_millis`) WHERE revoked_millis IS NOT NULL;--> statement-breakpoint
CREATE INDEX `certificates_entity` ON `certificates` (`namespace`,`entity_id`) WHERE entity_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `certificates_expire` ON `certificates` (`expire_millis`) WHERE expire_millis IS NOT NULL;--> statement-breakpoint
CREATE TABLE `credentials` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`mount` text NOT NULL,
	`space` text NOT NULL,
	`lookup` text NOT NULL,
	`state` text NOT NULL,
	`start` text NOT NULL,
	`family` text NOT NULL,
	`entity_id` text,
	`owner_index` text,
	`external_index` text,
	`name_index` text,
	`created_millis` integer NOT NULL,
	`expire_millis` integer,
	`credits_left` integer,
	`refilled_millis` integer,
	`use_count` integer NOT NULL,
	`last_used_millis` integer,
	`last_used_address` text,
	`last_used_agent` text,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `credentials_lookup` ON `credentials` (`namespace`,`lookup`);--> statement-breakpoint
CREATE INDEX `credentials_owner` ON `credentials` (`namespace`,`owner_index`) WHERE owner_index IS NOT NULL;--> statement-breakpoint
CREATE INDEX `credentials_entity` ON `credentials` (`namespace`,`entity_id`) WHERE entity_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `credentials_space` ON `credentials` (`namespace`,`mount`,`space`);--> statement-breakpoint
CREATE INDEX `credentials_expire` ON `credentials` (`expire_millis`) WHERE expire_millis IS NOT NULL;--> statement-breakpoint
CREATE TABLE `entities` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`name_index` text NOT NULL,
	`state` text NOT NULL,
	`created_millis` integer NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `entities_name` ON `entities` (`namespace`,`name_index`);--> statement-breakpoint
CREATE TABLE `leases` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`token` text,
	`mount` text NOT NULL,
	`issued_millis` integer NOT NULL,
	`expire_millis` integer,
	`due_millis` integer,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE INDEX `leases_token` ON `leases` (`namespace`,`token`);--> statement-breakpoint
CREATE INDEX `leases_mount` ON `leases` (`namespace`,`mount`);--> statement-breakpoint
CREATE INDEX `leases_due` ON `leases` (`due_millis`) WHERE due_millis IS NOT NULL;--> statement-breakpoint
CREATE TABLE `mounts` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`path` text NOT NULL,
	`accessor` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `mounts_path` ON `mounts` (`namespace`,`kind`,`path`);--> statement-breakpoint
CREATE UNIQUE INDEX `mounts_accessor` ON `mounts` (`namespace`,`accessor`);--> statement-breakpoint
CREATE TABLE `policies` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`kind` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE TABLE `records` (
	`namespace` text NOT NULL,
	`mount` text NOT NULL,
	`collection` text NOT NULL,
	`id` text NOT NULL,
	`owner` text,
	`expire_millis` integer,
	`count` integer,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `mount`, `collection`, `id`)
);
--> statement-breakpoint
CREATE INDEX `records_owner` ON `records` (`namespace`,`owner`) WHERE owner IS NOT NULL;--> statement-breakpoint
CREATE INDEX `records_expire` ON `records` (`expire_millis`) WHERE expire_millis IS NOT NULL;--> statement-breakpoint
CREATE TABLE `seal` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE TABLE `tokens` (
	`namespace` text NOT NULL,
	`id` text NOT NULL,
	`accessor_index` text NOT NULL,
	`parent` text,
	`entity_id` text,
	`mount` text,
	`created_millis` integer NOT NULL,
	`expire_millis` integer,
	`uses_left` integer,
	`version` integer NOT NULL,
	`sealed` blob NOT NULL,
	PRIMARY KEY(`namespace`, `id`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `tokens_accessor` ON `tokens` (`namespace`,`accessor_index`);--> statement-breakpoint
CREATE INDEX `tokens_parent` ON `tokens` (`namespace`,`parent`) WHERE parent IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tokens_entity` ON `tokens` (`namespace`,`entity_id`) WHERE entity_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tokens_expire` ON `tokens` (`expire_millis`) WHERE expire_millis IS NOT NULL;--> statement-breakpoint
CREATE INDEX `tokens_mount` ON `tokens` (`namespace`,`mount`) WHERE mount IS NOT NULL;