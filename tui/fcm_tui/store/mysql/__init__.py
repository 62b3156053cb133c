"""The team's database: MySQL and MariaDB through aiomysql."""
